"""What our promises about speed rest on: ratios, measured side by side in one run. Nothing here passes or fails."""
