"""An agent does tasks: inputs, commands, outputs, logs and reports."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from typing import Any

import pytest

from tests.agent.tools import (
    Agents,
    Repository,
    is_alive,
    output,
    report,
    shell,
    wait_until,
)
from tests.agent.wire import TOKEN, Registry

pytestmark = [pytest.mark.once, pytest.mark.live]


def test_a_task_with_code_and_inputs_is_done(
    agents: Agents, registry: Registry, repository: Repository
) -> None:
    commit = repository.commit(code__sum="cat data/*.csv > out.csv; echo summed")
    file = registry.add_file(b"1,2\n")
    lease = registry.add_task(
        ["sh", "code/sum"],
        repo_url=str(repository.folder),
        commit=commit,
        inputs=[{"path": "data/one.csv", **file}],
        outputs=[output("out.csv")],
        leaving=["minimally_sensitive"],
    )

    assert agents.run_once("--allow-local-repositories") == 0

    sent = report(registry, lease)
    assert (sent["outcome"], sent["exit_code"], sent["error"]) == ("done", 0, "")
    sha1 = hashlib.sha1(b"1,2\n").hexdigest()  # noqa: S324
    described = {"path": "out.csv", "sha1": sha1, "size": 4}
    level = {"level": "minimally_sensitive", "name": "table"}
    assert sent["outputs"] == [{**level, **described}]
    assert registry.logs[lease] == b"summed\n"
    assert sent["usage"].keys() == {"seconds", "cpu_seconds", "memory"}
    assert sent["started"] <= sent["ended"]
    assert sent["started"].endswith("Z")
    kept = agents.outputs_of(lease)
    assert (kept / "out.csv").read_bytes() == b"1,2\n"
    assert (kept / "metadata" / "log.txt").read_text() == "summed\n"
    assert list((agents.home / "agents" / "one" / "tasks").iterdir()) == []


def test_files_that_may_leave_are_uploaded_and_hidden_ones_not_described(
    agents: Agents, registry: Registry
) -> None:
    lease = registry.add_task(
        shell("echo a > a.csv; echo bb > b.csv; echo ccc > c.csv"),
        outputs=[
            output("a.csv", "minimally_sensitive"),
            output("b.csv", "moderately_sensitive"),
            output("c.csv", "highly_sensitive"),
        ],
        leaving=["minimally_sensitive"],
        hidden=["highly_sensitive"],
    )

    agents.run_once()

    open_one, middle, hidden = report(registry, lease)["outputs"]
    assert list(registry.files.values()) == [b"a\n"]
    assert (open_one["path"], middle["path"]) == ("a.csv", "b.csv")
    assert hidden == {"level": "highly_sensitive", "size": 4}
    uploads = [one for one in registry.received if one.method == "PUT"]
    assert ["Authorization" in one.headers for one in uploads] == [False]


def test_a_file_that_the_registry_has_is_not_sent(
    agents: Agents, registry: Registry
) -> None:
    registry.add_file(b"a\n")
    lease = registry.add_task(
        shell("echo a > a.csv"),
        outputs=[output("a.csv")],
        leaving=["minimally_sensitive"],
    )

    agents.run_once()

    assert report(registry, lease)["outcome"] == "done"
    assert [one for one in registry.received if one.method == "PUT"] == []


def test_outputs_that_never_left_are_inputs_of_the_next_task(
    agents: Agents, registry: Registry
) -> None:
    first = registry.add_task(
        shell("mkdir out; echo 1 > out/a.csv; echo 2 > out/b.csv; echo 3 > c.csv"),
        outputs=[output("out/*.csv", "highly_sensitive"), output("c.csv")],
    )
    agents.run_once()
    folder = f"request/{first}"
    hidden = {"kept": folder, "level": "highly_sensitive", "name": ""}
    leases = [
        registry.add_task(shell("cat out/* c.csv"), inputs=inputs)
        for inputs in (
            # the registry does not know the paths of hidden outputs
            [hidden, hidden, {"kept": folder, "path": "c.csv"}],
            [{"kept": folder, "path": "other.csv"}],
            [{**hidden, "kept": "request"}],
            [{**hidden, "kept": "../outputs/" + folder}],
        )
    ]

    agents.run_once()

    assert registry.logs[leases[0]] == b"1\n2\n3\n"
    errors = [report(registry, lease)["error"] for lease in leases]
    assert errors[0] == ""
    assert errors[1].startswith(f"other.csv is an output of {folder} that never left")
    assert errors[2].startswith("A highly_sensitive file is an output of request that")
    assert "leads out of the folder" in errors[3]


def test_an_output_that_was_changed_on_the_backend_is_no_input(
    agents: Agents, registry: Registry
) -> None:
    first = registry.add_task(shell("echo 1 > a.csv"), outputs=[output("a.csv")])
    agents.run_once()
    (agents.outputs_of(first) / "a.csv").write_text("changed")
    kept = {"kept": f"request/{first}", "path": "a.csv"}
    second = registry.add_task(["cat", "a.csv"], inputs=[kept])

    agents.run_once()

    assert report(registry, second)["error"].startswith("a.csv of request/")


def test_an_error_says_nothing_of_hidden_files(
    agents: Agents, registry: Registry
) -> None:
    outputs, hidden = [output("*-ada", "highly_sensitive")], ["highly_sensitive"]
    first = [
        registry.add_task(shell(f"echo 1 > {name}-ada"), outputs=outputs)
        for name in "ab"
    ]
    agents.run_once()
    (agents.outputs_of(first[0]) / "a-ada").write_text("changed")
    (agents.outputs_of(first[1]) / "b-ada").unlink()
    leases = [
        registry.add_task(
            ["true"],
            inputs=[
                {"kept": f"request/{one}", "level": "highly_sensitive", "name": ""}
            ],
        )
        for one in first
    ]
    # its name is not UTF-8
    script = "touch $(printf 'f\\377-ada')"
    leases += [registry.add_task(shell(script), outputs=outputs, hidden=hidden)]

    agents.run_once()

    errors = [report(registry, lease)["error"] for lease in leases]
    assert [one for one in errors if "-ada" in one.replace("*-ada", "")] == []
    assert hashlib.sha1(b"1\n").hexdigest() not in "".join(errors)  # noqa: S324
    assert "it was changed" in errors[0]
    assert "No such file or directory" in errors[1]
    assert "*-ada has a name that is not UTF-8" in errors[2]


FAILURES = [
    (shell("exit 3"), "Its exit code was 3."),
    (shell("kill -SEGV $$"), "It was ended by the signal SIGSEGV."),
    (["no-such-program"], "no-such-program could not be started: No such file"),
    (shell("echo x > other.csv"), "No file was written for result/*.csv."),
    ([], "The task has no command."),
]


def test_a_failure_says_why(agents: Agents, registry: Registry) -> None:
    outputs = [output("result/*.csv")]
    leases = [registry.add_task(words, outputs=outputs) for words, _ in FAILURES]

    agents.run_once()

    sent = [report(registry, lease) for lease in leases]
    assert {one["outcome"] for one in sent} == {"failed"}
    said = zip([one["error"] for one in sent], FAILURES, strict=True)
    assert [error for error, (_, start) in said if not error.startswith(start)] == []


def test_an_input_with_another_checksum_fails_the_task(
    agents: Agents, registry: Registry
) -> None:
    file = registry.add_file(b"right")
    registry.files[file["sha1"]] = b"wrong"
    lease = registry.add_task(["true"], inputs=[{"path": "a", **file}])

    agents.run_once()

    sent = report(registry, lease)
    assert sent["outcome"] == "failed"
    assert f"arrived instead of {file['sha1']}" in sent["error"]


def test_an_input_cannot_be_put_elsewhere(
    agents: Agents, registry: Registry, repository: Repository
) -> None:
    elsewhere = agents.folder / "elsewhere"
    elsewhere.mkdir()
    (repository.folder / "link").symlink_to(elsewhere)
    code = {"repo_url": str(repository.folder), "commit": repository.commit(a="1")}
    file = registry.add_file(b"x")
    leases = [
        registry.add_task(["true"], inputs=[{"path": path, **file}], **code)
        for path in ("../a", str(elsewhere / "a"), "link/a", ".")
    ]

    agents.run_once("--allow-local-repositories")

    for lease in leases:
        assert "leads out of the folder" in report(registry, lease)["error"]
    assert list(elsewhere.iterdir()) == []


def test_an_input_replaces_a_link_of_the_commit(
    agents: Agents, registry: Registry, repository: Repository
) -> None:
    target = agents.folder / "target"
    target.write_text("mine")
    (repository.folder / "data.csv").symlink_to(target)
    lease = registry.add_task(
        ["cat", "data.csv"],
        repo_url=str(repository.folder),
        commit=repository.commit(a="1"),
        inputs=[{"path": "data.csv", **registry.add_file(b"staged")}],
    )

    agents.run_once("--allow-local-repositories")

    assert registry.logs[lease] == b"staged"
    assert target.read_text() == "mine"


def test_a_local_repository_needs_an_option(
    agents: Agents, registry: Registry, repository: Repository
) -> None:
    commit = repository.commit(a="1")
    lease = registry.add_task(
        ["true"], repo_url=f"file://{repository.folder}", commit=commit
    )

    agents.run_once()

    assert "--allow-local-repositories" in report(registry, lease)["error"]


def test_the_token_is_in_no_environment_argument_or_message(
    agents: Agents, registry: Registry
) -> None:
    script = "import os, pathlib; print(dict(os.environ)); "
    script += "print(pathlib.Path(f'/proc/{os.getppid()}/environ').read_bytes()); "
    script += "print(pathlib.Path(f'/proc/{os.getppid()}/cmdline').read_bytes())"
    lease = registry.add_task(
        [sys.executable, "-c", script], environment={"GIVEN": "value"}
    )

    agents.run_once()

    log = registry.logs[lease].decode()
    assert "'GIVEN': 'value'" in log
    assert f"'REGISTRY_LEASE': '{lease}'" in log
    assert report(registry, lease)["outcome"] == "done"
    assert TOKEN not in log + agents.said()
    files = [one for one in agents.home.rglob("*") if one.is_file()]
    assert files
    assert not [one for one in files if TOKEN.encode() in one.read_bytes()]


def test_a_cancelled_task_is_stopped_with_all_that_it_started(
    agents: Agents, registry: Registry
) -> None:
    pids = agents.folder / "pids"
    script = f"echo $$ >> {pids}; exec sleep 99"
    script = f"setsid sh -c '{script}' & {script}"
    lease = registry.add_task(shell(script))
    agent = agents.start()
    wait_until(lambda: pids.exists() and pids.read_text().count("\n") == 2)

    registry.stops[lease] = "It was cancelled."
    wait_until(lambda: not any(map(is_alive, pids.read_text().split())))

    registry.stops.clear()
    agent.send_signal(signal.SIGTERM)
    assert agent.wait() == 0
    assert registry.report_of(lease) is None
    assert "It was cancelled." in agents.said()


def test_what_a_task_left_in_the_background_is_stopped(
    agents: Agents, registry: Registry
) -> None:
    pids = agents.folder / "pids"
    lease = registry.add_task(
        shell(f"setsid sh -c 'echo $$ > {pids}; exec sleep 99' & sleep 0.2")
    )

    agents.run_once()

    assert report(registry, lease)["outcome"] == "done"
    assert not is_alive(pids.read_text().strip())


def test_tasks_are_asked_for_within_what_is_free(
    agents: Agents, registry: Registry
) -> None:
    go_on = agents.folder / "go-on"
    wait = f"while [ ! -e {go_on} ]; do sleep 0.02; done"
    needs = {"cpu": 3, "memory": 1.5, "time": 5}
    lease = registry.add_task(shell(wait), needs=needs)
    options = ("--slots", "3", "--cpu", "4", "--memory", "8", "--disk", "9")
    agent = agents.start(*options, "--database", "--offer", "site=here")

    wait_until(lambda: claims(registry)[-1:] and claims(registry)[-1]["slots"] == 2)
    first, last = claims(registry)[0], claims(registry)[-1]
    go_on.touch()
    wait_until(lambda: registry.report_of(lease))
    agent.send_signal(signal.SIGTERM)
    agent.wait()

    everything = {"cpu": 4, "gpu": 0, "memory": 8, "disk": 9, "time": 24}
    assert first["resources"] == everything
    assert last["resources"] == {**everything, "cpu": 1, "memory": 6.5}
    assert first["database"] is True
    assert first["further"] == {"site": "here"}
    assert first["backend"] == "cluster"
    assert first["slots"] == 3


def claims(registry: Registry) -> list[dict[str, Any]]:
    found = [one for one in registry.received if one.path == "/api/backend/claim/"]
    return [one.json() for one in found]


def test_several_agents_share_a_folder(agents: Agents, registry: Registry) -> None:
    file = registry.add_file(os.urandom(50_000))
    inputs = [{"path": "a", **file}]
    leases = [registry.add_task(["true"], inputs=inputs) for _ in range(8)]

    running = [agents.start("--once", name=f"agent-{i}") for i in range(2)]
    assert [agent.wait() for agent in running] == [0, 0]

    assert {report(registry, lease)["outcome"] for lease in leases} == {"done"}
    assert [path for path in registry.paths() if path.startswith("/data/")] == [
        f"/data/{file['sha1']}"
    ]
