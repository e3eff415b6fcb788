"""Heat to just above 18 degrees (feedforward from outside and sun plus feedback); vent in proportion to excess warmth or humidity."""
import numpy as np

WARM_TARGET = 18.5  # tune: [17.5, 21]
HEAT_GAIN = 0.4  # tune: [0.05, 2]
HEAT_PER_DEGREE_OUTSIDE = 0.02  # tune: [0, 0.08]
HEAT_SAVED_BY_SUN = 0.3  # tune: [0, 1.5]
VENT_TEMPERATURE = 23.0  # tune: [20, 24.5]
VENT_GAIN_WARM = 0.4  # tune: [0.05, 2]
VENT_HUMIDITY = 83.0  # tune: [70, 92]
VENT_GAIN_HUMID = 0.08  # tune: [0, 0.4]


def act(observation):
    temperature = float(observation["air"]["temperature"][0])
    humidity = float(observation["air"]["humidity"][0])
    outside = float(observation["outside"][0])
    sun = float(observation["sun"][0])

    heat = (HEAT_GAIN * (WARM_TARGET - temperature)
            + HEAT_PER_DEGREE_OUTSIDE * (WARM_TARGET - outside)
            - HEAT_SAVED_BY_SUN * sun)
    vent_warm = VENT_GAIN_WARM * (temperature - VENT_TEMPERATURE)
    vent_humid = VENT_GAIN_HUMID * (humidity - VENT_HUMIDITY)
    vent = max(vent_warm, vent_humid)

    return {
        "heat": np.array([min(max(heat, 0.0), 1.0)], dtype=np.float64),
        "vent": np.array([min(max(vent, 0.0), 1.0)], dtype=np.float64),
    }
