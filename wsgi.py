"""The application for a server (`wsgi:app`), for `flask --app wsgi`, and the server itself: `python wsgi.py`."""

from courses.app import create_app

app = create_app()

if __name__ == "__main__":
    from courses.server import serve

    serve(app)
