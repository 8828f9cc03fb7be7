"""``linnet team``."""

from typing import Annotated, Any

import typer

from linnet.cli.options import AsJson, DataDir, print_json, say, settings_with
from linnet.model.access import Membership, Role, Team, User

application = typer.Typer(no_args_is_help=True)
TeamOption = Annotated[str, typer.Option("--team", help="The team, by number or name.")]
RoleOption = Annotated[Role, typer.Option(help="What the member may do.")]
OwnLinksOnly = Annotated[bool, typer.Option("--own-links-only", help="Narrow the role user to links of its own.")]
Email = Annotated[str, typer.Argument(help="The member's e-mail address.")]


@application.command()
def create(
    name: Annotated[str, typer.Argument(help="What the team is called.")],
    email: Annotated[str | None, typer.Option(help="The user who becomes its owner; yourself when not given.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Create a team."""
    settings = settings_with(data_dir=data_dir)
    from linnet.actions import teams
    from linnet.compose.control import control

    with control(settings) as admin:
        team = teams.create_team(admin.on_behalf_of(email), name)
    if as_json:
        print_json(_team(team))
    else:
        say(f"Team {team.id}: {team.name}")


@application.command("list")
def list_teams(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the teams."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.control import control

    with control(settings) as admin:
        found = admin.teams()
    if as_json:
        print_json([_team(team) for team in found])
        return
    for team in found:
        say(f"{team.id}\t{team.name}")


@application.command()
def members(
    team: Annotated[str, typer.Argument(help="The team, by number or name.")], data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """List a team's members, people and service accounts."""
    settings = settings_with(data_dir=data_dir)
    from linnet.actions import teams
    from linnet.compose.control import control

    with control(settings) as admin:
        found, context = admin.managing(team)
        listed = teams.list_members(context, found.id)
    if as_json:
        print_json([_member(each.user, each.membership) for each in listed])
        return
    for each in listed:
        kind = "service account" if each.user.service else "person"
        narrowed = ", own links only" if each.membership.own_links_only else ""
        say(f"{each.user.id}\t{each.user.email}\t{each.membership.role}{narrowed}\t{kind}")


@application.command()
def add(
    email: Email,
    team: TeamOption,
    role: RoleOption = Role.USER,
    own_links_only: OwnLinksOnly = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a user a member of a team, or change what a member is."""
    settings = settings_with(data_dir=data_dir)
    from linnet.actions import teams
    from linnet.compose.control import control

    with control(settings) as admin:
        found, context = admin.managing(team)
        member = teams.save_member(context, found.id, email, role, own_links_only=own_links_only)
    if as_json:
        print_json(_member(member.user, member.membership))
    else:
        say(f"{member.user.email} is {role} in team {found.id}.")


@application.command()
def remove(email: Email, team: TeamOption, data_dir: DataDir = None) -> None:
    """End a membership; a service account's keys are revoked."""
    settings = settings_with(data_dir=data_dir)
    from linnet.actions import teams
    from linnet.compose.control import control

    with control(settings) as admin:
        found, context = admin.managing(team)
        teams.remove_member(context, found.id, email)
    say(f"{email} is no member of team {found.id} any more.")


@application.command()
def invite(
    team: TeamOption,
    role: RoleOption = Role.USER,
    own_links_only: OwnLinksOnly = False,
    email: Annotated[str | None, typer.Option(help="The only address that may accept it.")] = None,
    uses: Annotated[int, typer.Option(help="How many people may accept it.")] = 1,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Print a link by which people join a team within seven days, this once."""
    settings = settings_with(data_dir=data_dir)
    from linnet.actions.invitations import InvitationDraft, create_invitation
    from linnet.compose.control import control

    draft = InvitationDraft(role=role, own_links_only=own_links_only, email=email, uses=uses)
    with control(settings) as admin:
        found, context = admin.managing(team)
        token, invitation = create_invitation(context, found.id, draft)
    link = f"{context.dashboard_url}/invitation/{token}"
    if as_json:
        print_json({"id": invitation.id, "teamId": found.id, "link": link, "expiresAt": invitation.expires_at.isoformat()})
    else:
        say(link)


@application.command()
def service(
    name: Annotated[str, typer.Argument(help="What the service account is for.")],
    team: TeamOption,
    role: RoleOption = Role.USER,
    own_links_only: OwnLinksOnly = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Create a service account, which acts through API keys alone."""
    settings = settings_with(data_dir=data_dir)
    from linnet.actions import teams
    from linnet.compose.control import control

    with control(settings) as admin:
        found, context = admin.managing(team)
        account = teams.add_service_account(context, found.id, name, role, own_links_only=own_links_only)
    if as_json:
        print_json(_member(account.user, account.membership))
    else:
        say(f"Service account {account.user.id} of team {found.id}: {account.user.email}")


@application.command()
def domain(
    hostname: Annotated[str, typer.Argument(help="The domain, as in go.example.com.")],
    team: Annotated[
        str | None, typer.Option(help="The team that gets it, by number or name; who registered it when not given.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Move a domain into a team, or back to who registered it."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.control import control

    with control(settings) as admin:
        moved = admin.move_domain(hostname, team)
    if as_json:
        print_json({"domainId": moved.id, "domain": moved.hostname, "teamId": moved.team_id, "userId": moved.owner_id})
    elif moved.team_id is None:
        say(f"{moved.hostname} is in no team.")
    else:
        say(f"{moved.hostname} is in team {moved.team_id}.")


def _team(team: Team) -> dict[str, Any]:
    return {"id": team.id, "name": team.name, "createdAt": team.created_at.isoformat()}


def _member(user: User, membership: Membership) -> dict[str, Any]:
    return {
        "userId": user.id,
        "email": user.email,
        "name": user.name,
        "service": user.service,
        "teamId": membership.team_id,
        "role": membership.role.value,
        "ownLinksOnly": membership.own_links_only,
    }
