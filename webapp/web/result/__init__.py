"""result: where an onboarding stands now, asked for once or followed."""
