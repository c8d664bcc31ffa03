"""Starts `atsn` in a process of the zygote's, with the files and the environment of this one, and ends as it ends."""

import json
import os
import socket
import sys

connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
request = json.dumps([sys.argv[2:], dict(os.environ), os.getcwd()]).encode()
socket.send_fds(connection, [request], [1, 2, 0])
for number in (0, 1):
    os.close(number)  # It is the other process that ends the channel.
answer = connection.makefile()
answer.readline()
os._exit(int(answer.readline() or 99) & 0xFF)
