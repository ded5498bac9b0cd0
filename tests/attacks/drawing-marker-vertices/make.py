from pathlib import Path

path = Path("source/bars.svg")
many = "L1 2" * 5000
text = path.read_text().replace("</svg>", f'<path marker-mid="url(#m)" d="M0 0{many}"/></svg>')
path.write_text(text)
