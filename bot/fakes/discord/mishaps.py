"""What goes wrong at the fake Discord besides the fault plan: at the gateway, in the history, among the events."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.fakes.discord import people
from bot.fakes.discord.gateway import Gateway
from bot.fakes.discord.wire_messages import message_event
from bot.fakes.discord.world import Json, World


class Mishaps:
    """A part of `FakeDiscord`."""

    world: World
    gateway: Gateway

    def gateway_drop(self, resumable: bool = True, shard: int | None = None) -> None:
        """Make every client (or one shard's) reconnect: with op 7, or with op 9 and its session gone."""
        self.gateway.drop(resumable, shard)

    def gateway_cut(self) -> None:
        """Break the gateway's connections without a word; the sessions can be resumed."""
        self.gateway.cut()

    def forget_session(self) -> None:
        """The next RESUME is answered with op 9."""
        self.gateway.forget()

    def answer_heartbeats(self, on: bool) -> None:
        """Off: heartbeats go unanswered, so that a client must notice and reconnect."""
        self.gateway.answers_heartbeats = on

    def late_history(self, seconds: float) -> None:
        """Messages appear in the history only this many real seconds after they were sent."""
        self.world.history_lag = seconds

    def inject(self, event: str, payload: Json) -> None:
        """Send a raw gateway event."""
        self.gateway.emit(event, payload)

    def event_of(self, message: str) -> Json:
        """The message as MESSAGE_CREATE brings it, to be injected once more."""
        return message_event(self.world, people.find(self.world, message))

    @contextmanager
    def out_of_order(self) -> Iterator[None]:
        """What happens inside reaches the bot afterwards, last event first."""
        self.gateway.hold()
        try:
            yield
        finally:
            self.gateway.release(backwards=True)
