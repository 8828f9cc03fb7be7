"""``linnet domain``."""

from typing import Annotated, Any

import typer

from linnet.cli.options import AsJson, DataDir, print_json, say, settings_with
from linnet.model.domain import Domain
from linnet.model.domain_settings import visitor_addresses
from linnet.model.domain_state import CONFIGURED, DnsRecord, NameFindings
from linnet.model.errors import InvalidField

application = typer.Typer(no_args_is_help=True)
Hostname = Annotated[str, typer.Argument(help="The domain, as in go.example.com.")]


@application.command("list")
def list_domains(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List all domains with their states."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.control import control

    with control(settings) as admin:
        found = [(domain, admin.records(domain)) for domain in admin.list_domains()]
    if as_json:
        print_json([_wire(domain, records) for domain, records in found])
        return
    for domain, _ in found:
        say(f"{domain.id}\t{domain.hostname}\t{domain.state}")


@application.command()
def add(
    hostname: Hostname,
    email: Annotated[str | None, typer.Option(help="The user whose domain it is; the owner when not given.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Register a domain. Whoever may run this is believed: no proof is asked for."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.control import control

    with control(settings) as admin:
        domain = admin.add_domain(hostname, email=email)
        records = admin.records(domain)
    _show(domain, records, as_json=as_json)


@application.command()
def verify(
    hostname: Hostname,
    vouch: Annotated[bool, typer.Option("--vouch", help="Take your word for the proof.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Check a domain now and store what is found; exit code 1 while its proof is missing."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.control import control

    with control(settings) as admin:
        domain = admin.verify_domain(hostname, vouch=vouch)
        records = admin.records(domain)
    _show(domain, records, as_json=as_json)
    if not domain.verified:
        raise typer.Exit(1)


@application.command()
def check(hostname: Hostname, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Ask name servers about any hostname, and change nothing; exit code 1 when it does not lead here."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.control import control

    with control(settings) as admin:
        state, findings = admin.check_hostname(hostname)
    if as_json:
        print_json({"state": state, **_findings(findings)})
    elif not findings.answered:
        say("The name servers did not answer.")
    else:
        say(f"State: {state}")
        for title, places in (("Leads here by", findings.here), ("Leads elsewhere by", findings.elsewhere)):
            if places:
                say(f"{title}: {', '.join(places)}")
    if state != CONFIGURED:
        raise typer.Exit(1)


@application.command()
def privacy(
    hostname: Hostname,
    addresses: Annotated[
        str | None, typer.Option(help="What to store of visitors' addresses: whole, truncated or never.")
    ] = None,
    keep_days: Annotated[int | None, typer.Option(help="After how many days clicks are kept as sums only.")] = None,
    keep_always: Annotated[bool, typer.Option("--keep-always", help="Keep clicks one by one without an end.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what a domain keeps of its visitors, and for how long; with options, change it."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.control import control

    if keep_always and keep_days is not None:
        raise InvalidField("--keep-days and --keep-always contradict each other; give one of them.", field="keep-days")
    sent: dict[str, Any] = {} if addresses is None else {"visitorAddresses": addresses}
    if keep_always or keep_days is not None:
        sent["clickRetentionDays"] = keep_days
    with control(settings) as admin:
        domain = admin.change_domain(hostname, sent)
    kept, days = visitor_addresses(domain), domain.click_retention_days
    if as_json:
        print_json({"id": domain.id, "hostname": domain.hostname, "visitorAddresses": kept, "clickRetentionDays": days})
        return
    say(f"Visitors' addresses on {domain.hostname}: {kept}.")
    say(f"Clicks one by one: {'without end' if days is None else f'{days} days, then as sums'}.")


def _show(domain: Domain, records: list[DnsRecord], *, as_json: bool) -> None:
    if as_json:
        print_json(_wire(domain, records))
        return
    say(f"Domain {domain.id}: {domain.hostname} is {domain.state}.")
    if records:
        say("Enter at its name servers:")
    for record in records:
        say(f"  {record.name}  {record.type}  {record.value}")


def _wire(domain: Domain, records: list[DnsRecord]) -> dict[str, Any]:
    return {
        "id": domain.id,
        "hostname": domain.hostname,
        "state": domain.state,
        "verified": domain.verified,
        "ownerId": domain.owner_id,
        "teamId": domain.team_id,
        "checkedAt": domain.checked_at.isoformat() if domain.checked_at else None,
        "dnsRecords": [{"type": each.type, "name": each.name, "value": each.value} for each in records],
    }


def _findings(findings: NameFindings) -> dict[str, Any]:
    return {
        "answered": findings.answered,
        "registered": findings.registered,
        "here": findings.here,
        "elsewhere": findings.elsewhere,
        "texts": findings.texts or (),
    }
