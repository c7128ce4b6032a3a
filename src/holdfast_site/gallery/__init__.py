"""The gallery: every part of the pages in every state it has, with made-up content. In the demo only."""
