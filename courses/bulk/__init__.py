"""Bulk: enrolling a whole list of people in one class, each by the rules of booking.

A list comes from a spreadsheet or pasted rows. First it is looked at: what each row would get is kept on the server for
a day and shown to whoever sent it, to nobody else. Then one act enrols all of it or nothing, and says per row what has
changed since; or, where that was chosen, those who can. It never decides who gets a seat: booking does.
"""
