from pathlib import Path

pattern = f'<pattern patternTransform="{"scale(" * 150_000}" width="9" height="9"/>'
part = pattern + "<set/>"
path = Path("source/bars.svg")
path.write_text(path.read_text().replace("</svg>", f"{part}</svg>"))
