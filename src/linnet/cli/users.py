"""``linnet user``."""

from typing import Annotated, Any

import typer

from linnet.cli.options import AsJson, DataDir, print_json, say, settings_with
from linnet.model.access import User

application = typer.Typer(no_args_is_help=True)
Email = Annotated[str, typer.Argument(help="The user's e-mail address.")]
Password = Annotated[str | None, typer.Option(help="The password; one is made up and printed when not given.")]


@application.command()
def create(
    email: Email,
    name: Annotated[str | None, typer.Option(help="What the user is called.")] = None,
    password: Password = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Create a user, who then signs in, and can be made a member of teams."""
    settings = settings_with(data_dir=data_dir)
    from linnet.actions import users
    from linnet.compose.control import control

    with control(settings) as admin:
        user, chosen = users.create_user(admin.on_behalf_of(), email=email, password=password, name=name)
    made_up = {"password": chosen} if password is None else {}
    if as_json:
        print_json(_user(user) | made_up)
    else:
        say(f"User {user.id}: {user.email}")
        _say_password(password, chosen)


@application.command("list")
def list_users(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List users and service accounts."""
    settings = settings_with(data_dir=data_dir)
    from linnet.compose.control import control

    with control(settings) as admin:
        found = admin.users()
    if as_json:
        print_json([_user(user) for user in found])
        return
    for user in found:
        say(f"{user.id}\t{user.email}\t{user.name or ''}\t{'service account' if user.service else 'person'}")


@application.command("password")
def set_password(email: Email, password: Password = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Give a user another password; what the former one opened is closed."""
    settings = settings_with(data_dir=data_dir)
    from linnet.actions import users
    from linnet.compose.control import control

    with control(settings) as admin:
        chosen = users.set_password(admin.on_behalf_of(), email, password)
    if as_json:
        print_json({"email": email} | ({"password": chosen} if password is None else {}))
    else:
        say(f"The password of {email} is changed.")
        _say_password(password, chosen)


@application.command("reset-password")
def reset_password(email: Email, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Make a link with which a user chooses another password; it works once, and for an hour."""
    settings = settings_with(data_dir=data_dir)
    from linnet.actions.password_resets import make_reset
    from linnet.compose.control import control

    with control(settings) as admin:
        link = make_reset(admin.on_behalf_of(), email)
    if as_json:
        print_json({"email": email, "link": link})
    else:
        say(link)


@application.command("second-factor-off")
def second_factor_off(email: Email, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Switch off the second factor of a user who has lost both the phone and the recovery codes."""
    settings = settings_with(data_dir=data_dir)
    from linnet.actions.second_factor import switch_off_for
    from linnet.compose.control import control

    with control(settings) as admin:
        was_on = switch_off_for(admin.on_behalf_of(), email)
    if as_json:
        print_json({"email": email, "wasOn": was_on})
    else:
        say(f"The second factor of {email} is off now." if was_on else f"{email} had no second factor.")


def _say_password(given: str | None, chosen: str) -> None:
    if given is None:
        say(f"Password, shown this once: {chosen}")


def _user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "service": user.service,
        "createdAt": user.created_at.isoformat(),
    }
