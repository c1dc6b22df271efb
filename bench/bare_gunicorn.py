"""Our worker for an app that is not ours: the same threads and connections, and nothing else."""

worker_class = "webapp.server.worker.EmbedWorker"
threads = 64
keepalive = 65
timeout = 60
control_socket_disable = True
