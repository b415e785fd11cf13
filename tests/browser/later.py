"""The service as it will run SECONDS from now: `python -m tests.browser.later SECONDS web|worker`.

The clock alone is shifted (courses.ground.clock is the one place that asks the time), nothing else differs.
"""

import datetime as dt
import sys

from courses.ground import clock

_now = clock.now


def _later() -> dt.datetime:
    return _now() + dt.timedelta(seconds=float(sys.argv[1]))


clock.now = _later

if __name__ == "__main__":
    from courses import schedule
    from courses.server import serve
    from wsgi import app

    if sys.argv[2] == "web":
        serve(app)
    else:
        with app.app_context():
            schedule.work(app)
