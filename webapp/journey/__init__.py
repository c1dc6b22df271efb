"""Use cases of an onboarding: one file per step, without a web framework."""
