"""WHEN it is done: the queue, the Celery application, and a local worker that runs the same jobs."""
