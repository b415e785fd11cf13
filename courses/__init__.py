"""The course supermarket: small offline classes for a city's environmental managers.

The rooms, from the street down; each may look down, never up (import-linter proves it):

    app         create_app: the only place that knows every room
    api, server the JSON API as a whole; the web server
    cli         the command line: worker, tick, doctor, demo, token, user
    demo        a town on a working day, invented
    schedule    every timed job, one line each
    desks       one page per role, looking into many rooms
    privacy     what is kept, why and how long; one's own data, who looked, erasure
    running     backup and restore, the doctor, the figures for an alarm
    bulk        a whole list of people enrolled in one class
    setup       a city's first day: checklist, registers, imports, export
    enterprise  an enterprise, its people and posts: leaving, succeeding, joining, merging of doubles
    reminders   what is due to be said, and when
    roster      who came: attendance per sitting, and the hours earned
    booking     seats: book, queue, promote, cancel; moving and calling off a published class
    catalogue   courses, classes, sittings, lecturers, reminder rules; the shelves
    homes       the Homes for Environmental Managers: venues and rooms
    accounts    sign-in, invitation, reset, profile, tokens
    webhooks    programs of one's own are told what happens
    outbox      notices waiting, sent, failed, in doubt, withdrawn
    people      persons, posts, enterprises, towns, squadrons; rights and their guard
    ground      database, clock, refusal, language: knows no room
"""
