"""views.open, views.update, views.push and views.publish."""

import hashlib
import json

from bot.clock import monotonic
from bot.fakes.slack.blocks import view_errors
from bot.fakes.slack.calls import Call, Refusal
from bot.fakes.slack.desk import Trigger, View, Watch
from bot.fakes.slack.files import picture_errors
from bot.fakes.slack.markup import pings, unescaped
from bot.fakes.slack.stored import with_ids
from bot.fakes.slack.world import Json, World


def open_view(call: Call) -> Json:
    trigger = _take_trigger(call)
    body = checked_view(call.structure("view", "invalid_arguments"), "modal", call.world)
    view = store_view(body, trigger.watch, call)
    trigger.watch.show_view(view.body)
    return {"ok": True, "view": view.body}


def update_view(call: Call) -> Json:
    view = _find_view(call)
    if call.find("hash") not in (None, view.body["hash"]):
        raise Refusal("hash_conflict")
    body = checked_view(call.structure("view", "invalid_arguments"), str(view.body["type"]), call.world)
    replace_view(view, body, call.world)
    view.watch.show_view(view.body)
    return {"ok": True, "view": view.body}


def publish_view(call: Call) -> Json:
    person = call.text("user_id")
    if person not in call.world.people:
        raise Refusal("user_not_found")
    body = checked_view(call.structure("view", "invalid_arguments"), "home", call.world)
    standing = call.world.homes.get(person)
    if standing is not None and call.find("hash") not in (None, standing["hash"]):
        raise Refusal("hash_conflict", slip=False)  # somebody was faster
    stored = to_stored(body, call.world, str(standing["id"]) if standing else call.world.new_id("V"))
    call.world.homes[person] = stored
    watch = call.desk.latest_watch(person)
    call.desk.views[stored["id"]] = View(stored, person, watch or Watch(person, None))
    if watch:
        watch.show_home(stored)
    return {"ok": True, "view": stored}


def checked_view(body: Json | None, kind: str, world: World) -> Json:
    """The view when it is a legal one of this kind; raises Refusal."""
    errors = view_errors(body)
    if body is not None and not errors and body["type"] != kind:
        errors = [f"[ERROR] view type must be {kind} [json-pointer:/view/type]"]
    if body is not None and not errors:
        errors = list(picture_errors(body["blocks"], world, "/view/blocks"))
    if body is None or errors:
        told = errors or ["[ERROR] missing required field: view"]
        raise Refusal("invalid_arguments", told, slip="invalid slack file" not in told[0])
    return body


def store_view(body: Json, watch: Watch, call: Call) -> View:
    view = View(to_stored(body, call.world, call.world.new_id("V")), watch.person, watch)
    call.desk.views[view.body["id"]] = view
    return view


def replace_view(view: View, body: Json, world: World) -> None:
    view.body = to_stored(body, world, str(view.body["id"]))


def to_stored(body: Json, world: World, view_id: str) -> Json:
    """The view as Slack keeps it and sends it back."""
    world.pinged += pings(None, body["blocks"])
    world.unescaped += unescaped(None, body["blocks"])
    stored = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        **body,
        "blocks": with_ids(body["blocks"], world),
    }
    mark = hashlib.sha256(json.dumps(stored, sort_keys=True).encode() + view_id.encode()).hexdigest()[:8]
    named = {"id": view_id, "team_id": world.team, "app_id": world.app_id, "bot_id": world.bot_id}
    return stored | named | {"hash": f"{world.new_ts()}.{mark}", "root_view_id": view_id, "previous_view_id": None}


def _take_trigger(call: Call) -> Trigger:
    trigger = call.desk.triggers.get(call.text("trigger_id"))
    if trigger is None:
        raise Refusal("invalid_trigger_id")
    if trigger.used:
        raise Refusal("exchanged_trigger_id")
    if monotonic() - trigger.made > call.desk.timing.trigger:
        raise Refusal("expired_trigger_id")
    trigger.used = True
    return trigger


def _find_view(call: Call) -> View:
    wanted, external = call.find("view_id"), call.find("external_id")
    for view in call.desk.views.values():
        if view.open and (view.body["id"] == wanted or (external and view.body["external_id"] == external)):
            return view
    raise Refusal("not_found")
