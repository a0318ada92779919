// What a schedule may send to Auto Scaling without a function between ("Using universal targets", EventBridge Scheduler user guide).

export const UPDATE_GROUP = 'arn:aws:scheduler:::aws-sdk:autoscaling:updateAutoScalingGroup';
