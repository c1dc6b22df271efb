"""Durable jobs and schedules; the job library is known here only."""
