"""The one blueprint of the room."""

from flask import Blueprint

pages = Blueprint("enterprise", __name__)
