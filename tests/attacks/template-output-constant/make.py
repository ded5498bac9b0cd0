from pathlib import Path

path = Path("styles/templates/page.html")
path.parent.mkdir(parents=True)
path.write_text("{% for n in range(99999) %}" + "a" * 200_000 + "{% endfor %}")
