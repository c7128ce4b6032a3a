"""The Holdfast site: where a man answers a few taps after a session. Imports holdfast, never the other way."""
