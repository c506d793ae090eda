"""The contract is asked of servers by URL: of a Discord and a Slack in another process, whole ones and broken ones."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE.parents[2])])}


@pytest.mark.timeout(300)
async def test_the_contract_holds_for_servers_in_another_process() -> None:
    code, said = await ask("")
    assert code == 0, said
    assert "not asked, because nobody can act as a member of that server:" in said
    unasked = re.findall(r"^  (test_\w+)\[(discord|slack) at http", said, re.MULTILINE)
    assert {"discord", "slack"} == {platform for _, platform in unasked}
    assert "test_a_reply_is_heard_as_it_was_written" in {name for name, _ in unasked}
    asked = re.search(r"(\d+) passed, (\d+) deselected", said)
    assert asked is not None, said
    assert (int(asked[1]) >= 30, int(asked[2])) == (True, len(re.findall(r"^  test_", said, re.MULTILINE)))


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("broken", "noticed"),
    [
        ("nonces are ignored", {"test_a_post_that_is_sent_twice_stands_once_or_both_copies_are_found_oldest_first": 1}),
        ("nothing of ours is found", {"test_a_post_is_found_by_its_key_and_only_by_it": 2}),
    ],
)
async def test_a_server_that_breaks_a_promise_is_noticed(broken: str, noticed: Mapping[str, int]) -> None:
    code, said = await ask(broken, "-k", "key or twice")
    assert code == 1, said
    for name, times in noticed.items():
        assert len(re.findall(rf"^FAILED .*::{name}\[", said, re.MULTILINE)) == times, said


async def ask(broken: str, *more: str) -> tuple[int | None, str]:
    """Run the contract against fakes in a process of their own: (pytest's exit code, what it said)."""
    pipe = asyncio.subprocess.PIPE
    serving = await asyncio.create_subprocess_exec(
        sys.executable, HERE / "serve_fakes.py", broken, stdin=pipe, stdout=pipe, env=ENVIRONMENT
    )
    try:
        where = json.loads(await serving.stdout.readline())
        contract = ["-m", "pytest", "-n", "0", "-p", "no:cacheprovider", HERE / "test_contract.py", *more]
        asking = await asyncio.create_subprocess_exec(
            sys.executable,
            *contract,
            *where["options"],
            stdout=pipe,
            stderr=asyncio.subprocess.STDOUT,
            env=ENVIRONMENT | where["tokens"],
        )
        said, _ = await asking.communicate()
        return asking.returncode, said.decode()
    finally:
        serving.stdin.close()
        await serving.wait()
