"""What the pages of the catalogue share."""

from flask import Blueprint

pages = Blueprint("catalogue", __name__)
MAX_WORDS = 100
