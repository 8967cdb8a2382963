"""How the pages are built: ``sphinx-build -W --keep-going -b html docs FOLDER``, without a network."""

project = "edi837"
extensions = ["myst_parser"]
highlight_language = "text"
html_theme = "furo"
html_title = "edi837"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
exclude_patterns = ["deploy", "_build"]
myst_heading_anchors = 3
smartquotes = False  # -- and "" are what they are
