"""The HTTP front: reads requests and sends answers, so that threads never wait.

It stands apart from the other layers and serves any WSGI application. What a client
does slowly (sending its headers, its body, reading the answer) happens on the event
loop; a thread is taken only when there is work for it. See decision 26.
"""
