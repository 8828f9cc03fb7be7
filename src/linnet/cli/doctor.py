"""``linnet doctor``."""

import typer

from linnet.cli.options import AsJson, DataDir, print_json, say, settings_with


def doctor(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Look whether all is well: database, audit log, route index, journal, click store, secrets, disk and clock. The server may
    run; nothing is changed. Exit code 1 when something is broken."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.doctor import State, examine

    findings = []
    for finding in examine(settings):
        findings.append(finding)
        if not as_json:
            say(f"{finding.state.value:<8} {finding.check:<15} {finding.text}")
    failed = any(finding.state is State.FAILED for finding in findings)
    if as_json:
        checks = [{"check": each.check, "state": each.state.value, "text": each.text} for each in findings]
        print_json({"ok": not failed, "checks": checks})
    if failed:
        raise typer.Exit(1)
