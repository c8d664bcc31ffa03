"""Which words can be the user column of a system crontab, and which never are."""

import re

_COMMON_ACCOUNTS = """
    root daemon bin sys adm nobody www-data apache nginx http wwwrun mail postfix exim Debian-exim list irc
    postgres mysql mongodb redis rabbitmq elasticsearch git gitlab jenkins munin nagios icinga zabbix
    ntp chrony named bind proxy squid uucp operator games lp smmsp amavis clamav logcheck backup
    www vagrant ubuntu debian ec2-user pi admin tomcat solr docker
"""
_PROGRAMS = """
    . : [ [[ ! { if for while until case test cd echo printf export exec eval source set unset true false
    sleep kill killall umask ulimit wait trap time nohup env nice ionice timeout flock sudo su run-parts
    sh bash dash ash ksh zsh fish python python2 python3 perl php ruby java lua Rscript
    rm cp mv ln ls mkdir rmdir touch truncate chmod chown find tar gzip gunzip zip unzip cat tee head tail
    grep sed awk sort date logger mount umount df du dd rsync scp curl wget systemctl service journalctl
    shutdown reboot apt apt-get yum dnf mysqldump pg_dump certbot crontab
"""
_ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@\\-]*\$?")
_SCRIPT = re.compile(r".*\.(?:sh|bash|py|pl|rb|php|js|exe|bin|cron)")

KNOWN_ACCOUNTS = frozenset(_COMMON_ACCOUNTS.split())
"""Accounts that many machines have."""

PROGRAMS = frozenset(_PROGRAMS.split())
"""Words that begin a command, and that no machine has an account for."""


def can_be_account(word: str) -> bool:
    """Whether `word` could name a user: it is spelled like one and is no well-known program."""
    return bool(_ACCOUNT.fullmatch(word)) and not _SCRIPT.fullmatch(word) and word not in PROGRAMS
