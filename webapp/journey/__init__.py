"""The story: one file per step of an onboarding; no framework in it."""
