"""What to show: plain values chosen from a snapshot or a deployment, ready for templates."""
