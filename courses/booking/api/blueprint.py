"""The one blueprint of the room."""

from flask import Blueprint

resources = Blueprint("booking_api", __name__)
