"""The blueprint of the pages of setting up."""

from flask import Blueprint

pages = Blueprint("setup", __name__)
