"""A Python without what only POSIX systems have. The folder is for PYTHONPATH: every process begins with it.

What the standard library itself needs on this system is imported first; `os.getuid` stays for pytest's sake.
"""

import importlib
import multiprocessing
import os
import select
import signal
import sys

MODULES = ("fcntl", "grp", "nis", "pty", "pwd", "resource", "spwd", "syslog", "termios", "tty")
OF_OS = (
    "chown", "chroot", "ctermid", "fchdir", "fork", "forkpty", "fpathconf", "getgrouplist", "getgroups",
    "getloadavg", "getpgid", "getpriority", "getsid", "initgroups", "killpg", "lchown", "link", "lockf",
    "mkfifo", "mknod", "nice", "openpty", "pathconf", "posix_spawn", "pread", "pwrite",
    "sched_getaffinity", "sched_setaffinity", "setpgid", "setsid", "statvfs", "sysconf", "tcgetpgrp",
    "ttyname", "wait", "wait3", "O_NONBLOCK", "O_NOCTTY", "O_SYNC",
)  # fmt: skip
OF_SIGNAL = (
    "SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP", "SIGTSTP",
    "SIGUSR1", "SIGUSR2", "alarm", "pause", "setitimer", "sigwait",
)  # fmt: skip
OF_SELECT = ("epoll", "poll")

for name in (
    "asyncio",
    "multiprocessing.popen_spawn_posix",
    "multiprocessing.pool",
    "selectors",
    "subprocess",
):
    importlib.import_module(name)
for name in MODULES:
    sys.modules[name] = None  # type: ignore[assignment]
for module, names in ((os, OF_OS), (signal, OF_SIGNAL), (select, OF_SELECT)):
    for name in names:
        vars(module).pop(name, None)
multiprocessing.set_start_method("spawn")
