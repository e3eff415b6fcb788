"""Walk with a three-phase gait (swing a leg, put it down, push off) that PD joint control and hull levelling follow."""
import numpy as np

PUSH_SPEED = 0.346  # tune: [0.25, 0.6]
SUPPORT_KNEE = 0.0153  # tune: [-0.1, 0.4]
SWING_HIP = 1.028  # tune: [0.5, 1.2]
SWING_KNEE = -0.448  # tune: [-0.7, -0.1]
SUPPORT_BEHIND = 0.176  # tune: [-0.2, 0.5]
LAND_HIP = 0.255  # tune: [-0.1, 0.6]
HIP_GAIN = 0.762  # tune: [0.2, 1.2]
HULL_GAIN = 0.451  # tune: [0.0, 1.5]
HULL_DAMPING = 1.03  # tune: [0.0, 2.5]
VERTICAL_DAMPING = 7.46  # tune: [0.0, 12.0]
KNEE_GAIN = 2.0
JOINT_DAMPING = 0.125
PUSH_KNEE = 1.0
PUSH_DONE = 0.88
KNEE_STRETCH_STEP = 0.03

SWING, PUT_DOWN, PUSH_OFF = range(3)


class Policy:
    def __init__(self):
        self.restart()

    def reset(self, seed=None, spaces=None):
        self.restart()

    def restart(self):
        self.phase = SWING
        self.moving = 0
        self.knee_hold = SUPPORT_KNEE

    def act(self, observation):
        s = [float(x) for x in observation]
        hull_angle, hull_rate, speed, climb = s[0:4]
        hip, hip_rate = (s[4], s[9]), (s[5], s[10])
        knee, knee_rate = (s[6], s[11]), (s[7], s[12])
        contact = (s[8] > 0.5, s[13] > 0.5)
        move, support = self.moving, 1 - self.moving
        hip_target = [None, None]
        knee_target = [None, None]

        if self.phase == SWING:
            hip_target[move] = SWING_HIP
            knee_target[move] = SWING_KNEE
            stretch = KNEE_STRETCH_STEP * (2 if speed > PUSH_SPEED / 1.2 else 1)
            self.knee_hold = min(self.knee_hold + stretch, SUPPORT_KNEE)
            knee_target[support] = self.knee_hold
            if hip[support] < SUPPORT_BEHIND:
                self.phase = PUT_DOWN
        if self.phase == PUT_DOWN:
            hip_target[move] = LAND_HIP
            knee_target[move] = SUPPORT_KNEE
            knee_target[support] = self.knee_hold
            if contact[move]:
                self.phase = PUSH_OFF
                self.knee_hold = min(knee[move], SUPPORT_KNEE)
        if self.phase == PUSH_OFF:
            knee_target[move] = self.knee_hold
            knee_target[support] = PUSH_KNEE
            if knee[support] > PUSH_DONE or speed > PUSH_SPEED:
                self.phase = SWING
                self.moving = support

        level_hull = HULL_GAIN * hull_angle + HULL_DAMPING * hull_rate
        action = []
        for leg in (0, 1):
            turn_hip = level_hull
            if hip_target[leg] is not None:
                turn_hip += HIP_GAIN * (hip_target[leg] - hip[leg]) - JOINT_DAMPING * hip_rate[leg]
            turn_knee = -VERTICAL_DAMPING * climb
            if knee_target[leg] is not None:
                turn_knee += KNEE_GAIN * (knee_target[leg] - knee[leg]) - JOINT_DAMPING * knee_rate[leg]
            action += [turn_hip, turn_knee]
        return np.clip(np.array(action, dtype=np.float32), -1.0, 1.0)
