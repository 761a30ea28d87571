"""What a pass says about a spec: source text, positions, findings."""
