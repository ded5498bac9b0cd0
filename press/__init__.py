"""makebook: printable handouts (PDF) and e-books (EPUB) from Markdown, proved complete."""

__version__ = "0.1.0"
