"""The watcher of `makebook serve`: no save is missed, whatever folders come and go."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from press.serve import watch


class Watched:
    """A watcher of a project, and what it reported: sets of file names, empty for a new look."""

    def __init__(self, root):
        self.root, self.reports = root, asyncio.Queue()
        self.task = asyncio.create_task(watch.watch(root, root / "build", self.told))

    def told(self, changed):
        self.reports.put_nowait({path.rsplit("/", 1)[-1] for path in changed})

    async def until(self, wanted):
        while not wanted(await self.reports.get()):
            pass


def watched(root, scenario):
    """Run `scenario(Watched)`; fail if a report that it waits for never comes."""

    async def run():
        one = Watched(root)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        try:
            await asyncio.wait_for(scenario(one), 600)
        finally:
            one.task.cancel()
            await asyncio.gather(one.task, return_exceptions=True)

    asyncio.run(run())


@pytest.fixture
def root(tmp_path):
    (tmp_path / "makebook.toml").write_text("")
    return tmp_path


def test_a_file_saved_between_two_watches_is_reported(root, monkeypatch):
    folders, seen, saved = watch._folders, [], []

    def late(root):
        found = folders(root)
        seen.extend(found[:1])
        if len(seen) == 2 and not saved:  # the old watch has ended, the new one has not begun
            saved.append((root / "source" / "tea.md").write_text("Tea.\n"))
        return found

    async def scenario(one):
        monkeypatch.setattr(watch, "_folders", late)
        (root / "source").mkdir()
        await one.until(lambda names: saved)

    watched(root, scenario)


def test_a_folder_that_comes_while_a_watch_starts_is_watched(root, monkeypatch):
    folders, made = watch._folders, []

    def late(root):
        found = folders(root)
        if not made:
            made.append((root / "source").mkdir())
        return found

    monkeypatch.setattr(watch, "_folders", late)

    async def scenario(one):
        await one.until(lambda names: not names)
        (root / "source" / "tea.md").write_text("Tea.\n")
        await one.until(lambda names: "tea.md" in names)

    watched(root, scenario)


def test_a_project_that_disappears_is_reported_and_watched_again(root):
    async def scenario(one):
        shutil.rmtree(root)
        await one.until(lambda names: not root.is_dir())
        (root / "source").mkdir(parents=True)
        await one.until(lambda names: not names)
        (root / "source" / "tea.md").write_text("Tea.\n")
        await one.until(lambda names: "tea.md" in names)

    watched(root, scenario)


def test_a_folder_that_is_replaced_is_watched_again(root):
    (root / "source").mkdir()

    async def scenario(one):
        (root / "source").rename(root / "old")
        (root / "source").mkdir()
        await one.until(lambda names: not names)
        (root / "source" / "tea.md").write_text("Tea.\n")
        await one.until(lambda names: "tea.md" in names)

    watched(root, scenario)
