"""What the pages of booking share."""

from flask import Blueprint

pages = Blueprint("booking", __name__)
