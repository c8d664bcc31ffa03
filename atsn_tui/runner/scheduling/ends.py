"""What happens when a run has begun or ended: its record, a retry, and the tasks that run after it."""

from msgspec.structs import replace

from atsn_tui.model.codec import encode
from atsn_tui.model.run import Run
from atsn_tui.runner.scheduling.active import Live
from atsn_tui.runner.scheduling.events import RunStarted
from atsn_tui.runner.scheduling.executor import Ended, Started
from atsn_tui.runner.scheduling.outcome import outcome, retry_at
from atsn_tui.runner.scheduling.starting import attempt, retry
from atsn_tui.runner.scheduling.state import State


def began(state: State, started: Started) -> Run | None:
    """A run began: its record, which need not be written at once, for nothing depends on it."""
    live = state.active.get(started.run_id)
    if live is None or live.run.state != "starting":
        return None
    state.active.change(live, replace(live.run, state="running", started=started.at))
    state.batch.events.append(RunStarted(live.run))
    if live.run.stopping:
        # It was told to end before there was anything to end.
        state.batch.stops.append(live.run.id)
    return live.run


def ended(state: State, news: Ended) -> None:
    """A run is over. Its end, its retry and the runs that follow from it are one transaction."""
    state.batch.acknowledged.append(news.run_id)
    live = state.active.get(news.run_id)
    if live is None or live.waits:
        return
    run = _final(state, live, news)
    state.active.remove(live)
    state.batch.end(run)
    state.room = True
    state.touched.add(live.key)
    entry = state.book.entry(*live.key)
    again = retry_at(run, live.task.options, state.now)
    if again is not None and entry is not None:
        retry(state, run, again, live.task, encode(live.task))
    else:
        _follow(state, run)
    if entry is not None and entry.next is None:
        state.plan(entry)


def _final(state: State, live: Live, news: Ended) -> Run:
    final, reason = outcome(live.run, news, live.task.options.success_codes)
    return replace(
        live.run,
        state=final,
        reason=reason,
        started=live.run.started if news.started is None else news.started,
        ended=state.now if news.ended is None else news.ended,
        exit_code=news.exit_code,
        signal=news.signal,
        notes=news.notes,
        output_bytes=news.output_bytes,
        output_dropped=news.output_dropped,
        cpu_us=news.cpu_us,
        max_rss_kb=news.max_rss_kb,
    )


def _follow(state: State, run: Run) -> None:
    """Run the tasks that were to run after this one."""
    group = state.book.groups.get(run.group_id)
    if group is None:
        return
    for follower in group.follows.followers.get(run.task_id, ()):
        entry = group.get(follower.task_id)
        if entry is not None and follower.wants(run.state):
            attempt(state, entry, "after", state.now, cause=run)
