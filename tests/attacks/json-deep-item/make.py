from pathlib import Path

title = "[" * 600 + "]" * 600
Path("source/refs.json").write_text(f'[{{"id": "lee2020", "type": "book", "title": {title}}}]')
