from pathlib import Path

path = Path("styles/templates/page.html")
path.parent.mkdir(parents=True)
path.write_text("{% for a in [1] %}" * 2_000 + "{% endfor %}" * 2_000)
