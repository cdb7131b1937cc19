"""What python3-libvirt needs: `python3 measure.py URI TASK...` prints one JSON object, in milliseconds."""

import json
import statistics
import sys
import time

import libvirt

uri, *tasks = sys.argv[1:]
connection = libvirt.open(uri)


def elapsed(work):
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def repeated(work):
    return statistics.median(elapsed(work) for _ in range(5))


def lookup():
    names = [domain.name() for domain in connection.listAllDomains()]
    return statistics.median(elapsed(lambda: connection.lookupByName(name)) for name in names)


def xmls():
    domains = connection.listAllDomains()[:1000]
    return repeated(lambda: [domain.XMLDesc() for domain in domains])


def list_by_stats():
    return repeated(lambda: [stats for _, stats in connection.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE)])


def list_one_by_one():
    return repeated(lambda: [(domain.name(), domain.state()) for domain in connection.listAllDomains()])


measures = {"lookup": lookup, "xmls": xmls, "list": list_by_stats, "listOneByOne": list_one_by_one}
print(json.dumps({task: measures[task]() for task in tasks}))
