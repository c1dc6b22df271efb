"""gunicorn configuration for control applications: our worker class, threads and timeouts only."""

worker_class = "webapp.server.worker.EmbedWorker"
threads = 64
keepalive = 65
timeout = 60
control_socket_disable = True
