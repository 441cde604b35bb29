"""The HTTP front: reads requests and sends responses, so that threads never wait.

The front stands apart from the other layers and serves any WSGI application. Everything
that a client can do slowly (send its headers, send its body, read the response) happens
on the event loop; a thread is used only while there is work for it. See decision 26.
"""
