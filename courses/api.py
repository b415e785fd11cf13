"""The API's ground."""

from typing import Any

from flask import Flask, jsonify


def install(app: Flask) -> None:
    pass


def problem(status: int, code: str, words: str) -> Any:
    response = jsonify(type="about:blank", status=status, code=code, title=words)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response
