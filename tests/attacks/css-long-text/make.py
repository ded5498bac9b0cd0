from pathlib import Path

path = Path("styles/print.css")
path.parent.mkdir()
path.write_text('p::after { content: "' + "a" * 400_000 + '" }')
