"""The cothread backend in processes of its own: whose thread it is, how it ends, what it does not promise."""

from __future__ import annotations

import subprocess
import sys
import textwrap

if sys.version_info < (3, 13):  # there are no wheels of cothread for later ones (rule 29)

    def run(code: str) -> list[str]:
        """Run code in a new interpreter; the lines that it prints."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=50
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    def test_methods_run_in_one_thread_of_ours_and_services_in_their_own() -> None:
        lines = run(
            """
            import threading
            from macduff.primitives import get_backend
            backend = get_backend("cothread")
            idents, main = [], threading.get_ident()
            tasks = [backend.spawn(lambda: idents.append(threading.get_ident()), str(n)) for n in range(3)]
            assert all(task.join(10) for task in tasks)
            with backend.service(lambda: idents.append(threading.get_ident()), "service"): pass
            print(len(set(idents[:3])), idents[3] in idents[:3], main in idents)
            """
        )
        assert lines == ["1 False False"]

    def test_an_application_that_imported_cothread_first_keeps_its_thread() -> None:
        """Also the very thread in which cothread runs may wait: it gives way to the cothreads meanwhile."""
        lines = run(
            """
            import threading, cothread
            from macduff.primitives import get_backend
            backend = get_backend("cothread")
            flag = backend.flag()
            task = backend.spawn(lambda: (backend.sleep(0.01), flag.set()), "method")
            print(flag.wait(10), task.join(10), threading.active_count())
            """
        )
        assert lines == ["True True 1"]

    def test_from_another_thread_while_the_application_runs_cothread() -> None:
        lines = run(
            """
            import threading, cothread
            from macduff.primitives import get_backend
            def other():
                backend = get_backend("cothread")
                flag = backend.flag()
                task = backend.spawn(lambda: (backend.sleep(0.01), flag.set()), "method")
                print(flag.wait(10), task.join(10))
                cothread.Callback(cothread.Quit)
            thread = threading.Thread(target=other)
            thread.start()
            cothread.WaitForQuit()
            thread.join()
            """
        )
        assert lines == ["True True"]

    def test_a_scheduler_that_does_not_run_is_named() -> None:
        lines = run(
            """
            import threading, cothread
            from macduff.primitives import cothread_host, get_backend
            cothread_host.PATIENCE = 0.05
            def other():
                try: get_backend("cothread")
                except RuntimeError as error: print(error)
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
            """
        )
        assert len(lines) == 1 and "expected its scheduler to run in the thread that first imported it" in lines[0]

    def test_it_ends_with_nothing_open() -> None:
        lines = run(
            """
            import os, threading
            from macduff.primitives import get_backend
            from macduff.primitives.cothread_host import end_host
            before = os.listdir("/proc/self/fd")
            backend = get_backend("cothread")
            waiting = backend.spawn(backend.flag().wait, "one who waits for ever")
            backend.spawn(lambda: None, "short").join(10)
            end_host()
            print(os.listdir("/proc/self/fd") == before, threading.active_count())
            backend.spawn(lambda: None, "late")
            try: get_backend("cothread")
            except RuntimeError as error: print(error)
            """
        )
        assert lines == ["True 1", "backend cothread: expected to be used before end_host(), which ends it for good"]

    def test_a_cothread_that_does_not_wait_stops_the_others_but_no_service() -> None:
        """Rule 29: what a cooperative backend cannot promise is a declared capability."""
        lines = run(
            """
            import time
            from macduff.primitives import get_backend
            backend = get_backend("cothread")
            stop, ran, begun = [], [], backend.flag()
            def spin():
                begun.set()
                while not stop: time.sleep(0.001)
            spinning = backend.spawn(spin, "spin")
            begun.wait(10)
            other = backend.spawn(lambda: ran.append(1), "other")
            service = backend.service(lambda: None, "service")
            print(service.join(10), other.join(0.05), ran, sorted(backend.capabilities), backend.preemptible)
            stop.append(1)
            print(spinning.join(10), other.join(10), ran)
            """
        )
        assert lines == ["True False [] ['os-threads'] False", "True True [1]"]

    def test_the_collector_may_end_a_task_from_any_thread() -> None:
        """A finalizer does not enter cothread's scheduler, in the midst of which it may run."""
        lines = run(
            """
            import gc
            from macduff.primitives import Queue, get_backend
            backend = get_backend("cothread")
            ends = []
            def make(start):
                queue = Queue(backend)
                ended = backend.flag()
                def loop():
                    for _ in queue: pass
                    ended.set()
                owner = [start(loop, "loop", stop=queue.close)]
                owner.append(owner)
                ends.append(ended)
            for start in (backend.spawn, backend.service): make(start)
            collector = backend.spawn(gc.collect, "collector")
            print(collector.join(10), [end.wait(10) for end in ends])
            """
        )
        assert lines == ["True [True, True]"]
