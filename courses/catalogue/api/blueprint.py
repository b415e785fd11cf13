"""The one blueprint of the room."""

from flask import Blueprint

resources = Blueprint("catalogue_api", __name__)
