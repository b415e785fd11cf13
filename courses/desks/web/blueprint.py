"""What the pages of the desks share."""

from flask import Blueprint

pages = Blueprint("desks", __name__)
