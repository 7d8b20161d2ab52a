# MongoDB's server from the package of the embedded stack; its user is the public image's.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
COPY mongod /usr/local/bin/mongod
RUN mkdir -p /data/db && chown 999:999 /data/db
USER 999:999
VOLUME /data/db
CMD ["mongod", "--bind_ip_all"]
