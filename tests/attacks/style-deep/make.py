from pathlib import Path

group = "<group>" * 220 + "<text value='a'/>" + "</group>" * 220
head = '<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0"><info/>'
rest = "</layout></citation><bibliography><layout><text value='a'/></layout></bibliography></style>"
Path("house.csl").write_text(f"{head}<citation><layout>{group}{rest}")
