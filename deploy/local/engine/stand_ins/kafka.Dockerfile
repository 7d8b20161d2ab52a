# Apache Kafka from the jars and the Java runtime of the embedded stack; takes the settings of the public image.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
COPY java /opt/java
COPY jars /opt/kafka/jars
COPY start_kafka.py /opt/kafka/
RUN mkdir -p /var/lib/kafka/data && chown 1000:1000 /var/lib/kafka/data
USER 1000:1000
VOLUME /var/lib/kafka/data
ENTRYPOINT ["python3", "/opt/kafka/start_kafka.py"]
