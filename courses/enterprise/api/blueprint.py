"""The one blueprint of the room."""

from flask import Blueprint

resources = Blueprint("enterprise_api", __name__)
